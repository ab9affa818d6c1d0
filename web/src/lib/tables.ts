// Tables of typed cells: sorting, and text for spreadsheets.

import type { Cell, Table } from "./types";

/** By number or date where the cells have them; what is missing comes last either way. */
export function sorted(rows: Cell[][], column: number, down: boolean): Cell[][] {
  const sign = down ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [a[column], b[column]];
    if (!x?.text || !y?.text) return Number(!x?.text) - Number(!y?.text);
    if (x.number !== undefined && y.number !== undefined) return sign * (x.number - y.number);
    if (x.date !== undefined && y.date !== undefined) return sign * x.date.localeCompare(y.date);
    return sign * x.text.localeCompare(y.text, undefined, { numeric: true });
  });
}

/** RFC 4180. Text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function csv(columns: string[], rows: Cell[][]): string {
  const field = (text: string, isNumber: boolean) => {
    const safe = !isNumber && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const cell = (cell: Cell) => field(cell.text ?? "", cell.number !== undefined);
  const lines = [columns.map((name) => field(name, false)), ...rows.map((row) => row.map(cell))];
  return lines.map((line) => line.join(",") + "\r\n").join("");
}

/** Whether a table of the answer's Markdown, by its headings, is this one. */
export function isShownBy(table: Table, headings: string[]): boolean {
  const line = headings.join(" ");
  return table.columns.length > 0 && table.columns.every((column) => line.includes(column.trim()));
}
