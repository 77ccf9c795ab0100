// Tell: how a demonstration, which is a program of its own, says what it has seen: one JSON line on standard output.
import type { Demonstration, Told } from '../demonstrations.js';

/** Runs it and tells; ends with standard input, so that nothing outlives who asked. */
export async function tellFindings(
  demonstrate: () => Promise<readonly Demonstration[]>,
): Promise<void> {
  process.stdin.resume().on('end', () => process.exit());
  console.log(JSON.stringify(await toldOf(demonstrate)));
  process.exit();
}

async function toldOf(demonstrate: () => Promise<readonly Demonstration[]>): Promise<Told> {
  try {
    return { findings: await demonstrate() };
  } catch (error) {
    return { reason: reasonOf(error as Error) };
  }
}

/** What a program said that failed, else the error's first line. */
function reasonOf(error: Error & { readonly stderr?: Buffer }): string {
  const said = error.stderr?.toString().trim() ?? '';
  const [line = ''] = (said === '' ? error.message : said).split('\n');
  return line;
}
