/** Hand a file to the reader. */
export function saveFile(name: string, content: string | Blob, type = "text/plain;charset=utf-8"): void {
  const blob = typeof content === "string" ? new Blob([content], { type }) : content;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // the browser may still be reading it
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
