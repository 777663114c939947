// A reporter of vitest's that writes the suite's verdict into the file that HERALD_VERDICT names. Vitest's own JSON leaves out why a test
// timed out, what went wrong in a hook, and errors outside of tests.
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

// biome-ignore lint/style/noDefaultExport: this is where vitest looks for a reporter
export default class VitestReporter {
  onTestRunEnd(files, unhandled) {
    const notPassed = [];
    let passed = 0;
    for (const file of files) {
      const name = relative(file.project.config.root, file.moduleId);
      // Beside its tests: where it is read, and in hooks.
      for (const part of [file, ...file.children.allSuites()]) {
        const where = part === file ? name : `${name} > ${part.fullName}`;
        for (const error of part.errors()) notPassed.push(`${where}: ${firstLine(error)}`);
      }
      for (const test of file.children.allTests()) {
        const { state, errors = [] } = test.result();
        // A skipped test was not run, nor was one that is still to be written.
        if (state === "passed") passed += 1;
        else notPassed.push(`${name} > ${test.fullName}: ${errors.length > 0 ? firstLine(errors[0]) : state}`);
      }
    }
    for (const error of unhandled) notPassed.push(`outside of the tests: ${firstLine(error)}`);
    writeFileSync(process.env.HERALD_VERDICT, JSON.stringify({ passed, notPassed }));
  }
}

function firstLine({ message }) {
  return stripVTControlCharacters(String(message)).trim().split("\n")[0];
}
