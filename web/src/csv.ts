/** CSV as spreadsheets write and read it: commas, quotes doubled, any line end (RFC 4180). */

/** With the mark that lets spreadsheet programs show Chinese names. */
export function writeCsv(rows: readonly (readonly (string | number | null)[])[]): string {
  return `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  return /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Text that people wrote, so that a spreadsheet does not take it for a formula; `readCsv` with `unguard` gives it back. */
export function guard(text: string): string {
  return /^['=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

export function unguard(text: string): string {
  return /^'['=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}

/** Rows of text; commas, semicolons or tabs between cells, by what the first line has most of. */
export function readCsv(text: string): string[][] {
  const plain = text.replace(/^\ufeff/, "");
  const head = plain.slice(0, plain.search(/[\r\n]|$/));
  const separator = [",", ";", "\t"].reduce((best, one) => (head.split(one).length > head.split(best).length ? one : best));
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < plain.length; at += 1) {
    const letter = plain[at]!;
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (plain[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (letter === '"' && field === "") quoted = true;
    else if (letter === separator) {
      row.push(field);
      field = "";
    } else if (letter === "\n" || letter === "\r") {
      if (letter === "\r" && plain[at + 1] === "\n") at += 1;
      rows.push([...row, field]);
      [row, field] = [[], ""];
    } else field += letter;
  }
  if (field !== "" || row.length) rows.push([...row, field]);
  return rows.filter((cells) => cells.some((one) => one !== ""));
}
