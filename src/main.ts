#!/usr/bin/env node
// Main: the program's entry.
import { runCli } from './cli/program.js';

await runCli(process.argv.slice(2));
