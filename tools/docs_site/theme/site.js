"use strict";
// the search of the documentation: every word of the query has to stand in a section; it works from disk,
// because the texts come as a script. Chinese needs no word boundaries: a run of characters is looked for as it stands,
// and where it is nowhere, pairs of its characters are: all of them, or else at least half.
(() => {
  const base = document.body.dataset.base;
  const field = document.getElementById("query");
  const box = document.getElementById("results");
  const chinese = document.documentElement.lang === "zh";
  const SHOWN = 30;
  const CONTEXT = 70;
  let waiting = null;

  const phone = window.matchMedia("(max-width: 800px)");
  const menu = document.querySelector(".menu");
  const fold = () => { menu.open = !phone.matches; };
  phone.addEventListener("change", fold);
  fold();

  const load = () => {
    waiting ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${base}/search.js`;
      script.onload = () => resolve(window.MEGAREGION_DOCS.map((row) => ({
        ...row,
        heading: `${row.page} ${row.section}`.toLowerCase(),
        body: row.text.toLowerCase(),
      })));
      script.onerror = reject;
      document.head.append(script);
    });
    return waiting;
  };

  const terms = (query) => query.toLowerCase().match(/[㐀-鿿]+|[^\s㐀-鿿]+/g) ?? [];
  const pairs = (words) => words.flatMap((word) =>
    /^[㐀-鿿]{3,}$/.test(word) ? Array.from({ length: word.length - 1 }, (_, at) => word.slice(at, at + 2)) : [word]);

  const score = (row, words, needed) => {
    let total = 0;
    let missed = 0;
    for (const word of words) {
      const inHeading = row.heading.includes(word);
      const inBody = row.body.includes(word);
      if (!inHeading && !inBody) {
        missed += 1;
        if (words.length - missed < needed) return 0;
        continue;
      }
      total += (inHeading ? 8 : 0) + (inBody ? 1 + Math.min(row.body.split(word).length - 1, 4) / 4 : 0);
      if (row.section.toLowerCase() === word || row.page.toLowerCase() === word) total += 12;
    }
    return total;
  };

  const find = (rows, query) => {
    const words = terms(query);
    if (!words.length) return [];
    const parts = pairs(words);
    for (const [wanted, needed] of [[words, words.length], [parts, parts.length], [parts, Math.ceil(parts.length / 2)]]) {
      const hits = rows.map((row) => [score(row, wanted, needed), row]).filter(([points]) => points > 0);
      if (hits.length) return hits.sort((one, other) => other[0] - one[0]).map(([, row]) => ({ row, words: wanted }));
    }
    return [];
  };

  // text goes in as text, never as markup
  const marked = (text, words) => {
    const piece = document.createElement("small");
    const lower = text.toLowerCase();
    const first = Math.min(...words.map((word) => lower.indexOf(word)).filter((at) => at >= 0), text.length);
    const start = first === text.length ? 0 : Math.max(0, first - CONTEXT);
    const shown = (start ? "… " : "") + text.slice(start, start + 3 * CONTEXT);
    let rest = shown;
    while (rest) {
      const low = rest.toLowerCase();
      const next = words.map((word) => [low.indexOf(word), word]).filter(([at]) => at >= 0).sort((a, b) => a[0] - b[0])[0];
      if (!next) { piece.append(rest); break; }
      const mark = document.createElement("mark");
      mark.textContent = rest.slice(next[0], next[0] + next[1].length);
      piece.append(rest.slice(0, next[0]), mark);
      rest = rest.slice(next[0] + next[1].length);
    }
    return piece;
  };

  const show = async () => {
    const query = field.value.trim();
    box.hidden = !query;
    if (!query) return;
    const hits = find(await load(), query);
    if (field.value.trim() !== query) return;
    const count = document.createElement("small");
    count.textContent = hits.length
      ? (chinese ? `找到 ${hits.length} 处` : `${hits.length} found`)
      : (chinese ? "没有找到；换一个词试试" : "nothing found; try another word");
    box.replaceChildren(count, ...hits.slice(0, SHOWN).map(({ row, words }) => {
      const link = document.createElement("a");
      link.href = `${base}/${row.url}`;
      const name = document.createElement("b");
      name.textContent = row.section && row.section !== row.page ? `${row.page} › ${row.section}` : row.page;
      link.append(name, marked(row.text, words));
      link.addEventListener("click", () => { box.hidden = true; });
      return link;
    }));
  };

  field.addEventListener("focus", load, { once: true });
  field.addEventListener("input", show);
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    box.querySelector("a")?.click();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { box.hidden = true; field.blur(); }
    if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      field.focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target) && event.target !== field) box.hidden = true;
  });
})();
