// Runs a Python program in a Pyodide package: node pyodide.mjs FOLDER PROGRAM.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, program] = process.argv.slice(2).map((p) => resolve(p));
const { loadPyodide } = await import(pathToFileURL(folder + "/pyodide.mjs"));
const py = await loadPyodide({ indexURL: folder + "/", stdout: (line) => console.log(line), stderr: () => {} });
py.runPython(readFileSync(program, "utf8"));
