// The table of a mutation run, and its survivors.

/**
 * Prints both; 0 if every survivor is explained and every explanation is of a survivor that was seen.
 * @param {{ key: string, file: string, line: number, place: string, from: string, to: string }[]} mutants
 * @param {Map<string, { verdict: string }>} results
 * @param {{ place: string, line: string, becomes: string[], why: string }[]} explanations
 * @param {{ complete: boolean }} options whether `mutants` are all there are
 */
export function printReport(mutants, results, explanations, { complete }) {
  const judged = mutants
    .filter(({ key }) => results.has(key))
    .map((it) => ({ ...it, ...results.get(it.key), line: it.line }));
  const survivors = judged.filter(({ verdict }) => verdict === "survived");
  const whyOf = ({ place, from, to }) =>
    explanations.find((it) => it.place === place && it.line === from.trim() && it.becomes.includes(to.trim()))?.why;

  const files = [...new Set(judged.map(({ file }) => file))].sort();
  const rows = files.map((file) =>
    row(
      file.replace("contracts/src/", ""),
      judged.filter((it) => it.file === file),
      whyOf,
    ),
  );
  rows.push(row("all", judged, whyOf));
  const head = ["file", "mutants", "killed", "survived", "explained", "score"];
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((cells) => cells[i].length)));
  const print = (cells) =>
    process.stdout.write(
      `${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ")}\n`,
    );
  process.stdout.write("\n");
  for (const cells of [head, ...rows]) print(cells);
  const none = judged.filter(({ verdict }) => verdict === "invalid" || verdict === "same").length;
  process.stdout.write(
    `Not counted: ${none} that do not compile or compile to what another one or the original does, ${mutants.length - judged.length} not tested.\n`,
  );

  const open = survivors.filter((it) => whyOf(it) === undefined);
  for (const { file, line, place, from, to } of open)
    process.stdout.write(`\nsurvived: ${file}:${line} in ${place}\n  - ${from.trim()}\n  + ${to.trim()}\n`);
  // Only of what was tested can be said that it does not survive any more.
  const wrong = explanations.flatMap(({ place, line, becomes }) =>
    becomes
      .filter((to) => {
        const same = judged.filter((it) => it.place === place && it.from.trim() === line && it.to.trim() === to);
        const listed = mutants.some((it) => it.place === place && it.from.trim() === line && it.to.trim() === to);
        return same.length > 0
          ? same.every(({ verdict }) => verdict === "killed")
          : !listed && complete && files.length > 0;
      })
      .map((to) => `${place}: ${line} => ${to}`),
  );
  for (const it of wrong) process.stdout.write(`\nexplained, but no survivor: ${it}\n`);
  return open.length + wrong.length === 0 ? 0 : 1;
}

function row(name, judged, whyOf) {
  const killed = judged.filter(({ verdict }) => verdict === "killed").length;
  const survived = judged.filter(({ verdict }) => verdict === "survived");
  const explained = survived.filter((it) => whyOf(it) !== undefined).length;
  const all = killed + survived.length;
  const score = all === 0 ? "-" : `${((100 * killed) / all).toFixed(1)} %`;
  return [name, String(all), String(killed), String(survived.length), String(explained), score];
}
