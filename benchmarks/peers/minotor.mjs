// Earliest arrivals of the npm package minotor: node minotor.mjs feed.zip YYYY-MM-DD queries.json > answers.json
// queries.json: [{from, to, departure_s}, ...]; answers.json: {parse_s, query_ms: [...], arrival_s: [... or null]}
import { readFileSync } from 'node:fs';
import { Duration, Query, Router, Time } from 'minotor';
import { GtfsParser } from 'minotor/parser';

const MAX_TRANSFERS = 30;
const WARM_UP = 50;

const [feed, date, file] = process.argv.slice(2);
for (const name of ['log', 'info', 'warn', 'debug']) console[name] = () => {};
const queries = JSON.parse(readFileSync(file, 'utf8'));
let start = performance.now();
const { timetable, stopsIndex } = await new GtfsParser(feed).parse(new Date(`${date}T12:00:00`));
const parse_s = (performance.now() - start) / 1000;
const router = new Router(timetable, stopsIndex);

function route({ from, to, departure_s }) {
  const query = new Query.Builder()
    .from(from)
    .to(to)
    .departureTime(Time.fromSeconds(departure_s))
    .maxTransfers(MAX_TRANSFERS)
    .build();
  return router.route(query);
}

queries.slice(0, WARM_UP).forEach(route);
const query_ms = [];
const arrival_s = [];
for (const query of queries) {
  start = performance.now();
  const result = route(query);
  query_ms.push(performance.now() - start);
  // its label of all rounds may be overwritten by a later one: the least of the rounds is what was found
  const found = result.earliestArrivalsPerRound.map((round) => round.get(query.to)?.time.toSeconds() ?? Infinity);
  const least = Math.min(...found);
  arrival_s.push(least === Infinity ? null : least);
}
process.stdout.write(JSON.stringify({ parse_s, query_ms, arrival_s }));
