/** Journeys between stations as `publish/station_pack.py` writes them. */

export interface PackedJourneys {
  /** Timetable that the pairs with count 0 are taken from; null = they have no journeys. */
  base: string | null;
  count: string;
  gap_min: string;
  first_min: string;
  arrival_gap_min: string;
}

/** By pair (origin times stations, plus destination), in the order of departure. */
export interface Journeys {
  offset: Int32Array;
  depart_s: Int32Array;
  arrive_s: Int32Array;
}

/** A character a number; the last one says: add its place and read on. */
const ALPHABET = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).filter((one) => !'"\\<'.includes(one));
const CARRY = ALPHABET.length - 1;
const PLACE = new Int32Array(128);
ALPHABET.forEach((one, at) => (PLACE[one.charCodeAt(0)] = at));

export function unpackNumbers(text: string): Int32Array {
  const found = new Int32Array(text.length);
  let [n, carried] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const place = PLACE[text.charCodeAt(at)]!;
    if (place === CARRY) carried += CARRY;
    else {
      found[n] = carried + place;
      n += 1;
      carried = 0;
    }
  }
  return found.slice(0, n);
}

export function unpackJourneys(packed: PackedJourneys, base: Journeys | null, first_min: number): Journeys {
  const count = unpackNumbers(packed.count);
  const gaps = unpackNumbers(packed.gap_min);
  const firsts = unpackNumbers(packed.first_min);
  const later = unpackNumbers(packed.arrival_gap_min);
  const n = Math.round(Math.sqrt(count.length));
  const offset = new Int32Array(count.length + 1);
  count.forEach((value, pair) => (offset[pair + 1] = offset[pair]! + (value ? value - 1 : base ? base.offset[pair + 1]! - base.offset[pair]! : 0)));
  const depart_s = new Int32Array(offset[count.length]!);
  const arrive_s = new Int32Array(offset[count.length]!);
  let [gap, first] = [0, 0];
  for (let pair = 0; pair < count.length; pair += 1) {
    const start = offset[pair]!;
    if (!count[pair] && base) {
      depart_s.set(base.depart_s.subarray(base.offset[pair]!, base.offset[pair + 1]!), start);
      arrive_s.set(base.arrive_s.subarray(base.offset[pair]!, base.offset[pair + 1]!), start);
    }
    if (count[pair]! < 2) continue;
    let minute = first_min;
    for (let at = start; at < offset[pair + 1]!; at += 1) {
      minute += gaps[gap]!;
      gap += 1;
      depart_s[at] = minute * 60;
    }
    arrive_s[start] = depart_s[start]! + firsts[first]! * 60;
    first += 1;
  }
  // arrivals stand by destination
  let next = 0;
  for (let to = 0; to < n; to += 1) {
    for (let pair = to; pair < count.length; pair += n) {
      if (count[pair]! < 2) continue;
      for (let at = offset[pair]! + 1; at < offset[pair + 1]!; at += 1) {
        arrive_s[at] = arrive_s[at - 1]! + (later[next]! + 1) * 60;
        next += 1;
      }
    }
  }
  return { offset, depart_s, arrive_s };
}
