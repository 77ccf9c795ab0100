// Run: starts the relay and stops it when asked to. SIGTERM and SIGINT drain; a second one resets at once.
// SIGHUP changes the keepalive of what runs to that of the file as it is then. SIGUSR2 logs counters and live sessions.
import { Command, Option } from 'commander';
import { type App, type Request, startApp } from '../app.js';
import { type ListenAddress, parseListenAddress } from '../config/address.js';
import type { Config, LogConfig } from '../config/config.js';
import { loadConfigFile, reloadConfigFile } from '../config/load.js';
import { configFromWords } from '../config/words.js';
import { WarmlineError } from '../errors.js';
import { formatDuration } from '../units.js';
import { fail, say } from './failure.js';
import { retuneAtEach, type Source } from './retune.js';
import { askedToStop, hangups, onStatusAsked, uncaughtException } from './signals.js';

type Level = LogConfig['level'];

const levels: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

const examples = `
Examples:
  $ warmline run warmline.yaml
  $ warmline run --listen 127.0.0.1:7070 --upstream db.internal:5432 --keepalive 60s/10s/3
  $ warmline run --listen 127.0.0.1:7070 --upstream 127.0.0.1:7071 --echo 127.0.0.1:7071

A keepalive is idle/interval/count, with /user-timeout when wanted, or off.`;

interface Options {
  readonly listen?: readonly string[];
  readonly upstream?: readonly string[];
  readonly keepalive?: string;
  readonly clientKeepalive?: string;
  readonly upstreamKeepalive?: string;
  readonly echo?: string;
  readonly logLevel?: Level;
}

/** `warmline run FILE`, or one route from `--listen` and `--upstream`. */
export function runCommand(): Command {
  return new Command('run')
    .description('run the relay until SIGTERM or SIGINT')
    .argument('[file]', 'the configuration, YAML')
    .option('--listen <address>', 'without a file: listen here (repeatable)', collect)
    .option(
      '--upstream <address>',
      'without a file: relay to there (repeatable, in order)',
      collect,
    )
    .option('--keepalive <keepalive>', 'without a file: of both legs')
    .option('--client-keepalive <keepalive>', 'without a file: of the client leg')
    .option('--upstream-keepalive <keepalive>', 'without a file: of the upstream leg')
    .option('--echo <address>', 'also start an echo endpoint here, to try the relay with')
    .addOption(new Option('--log-level <level>', 'instead of log.level').choices(levels))
    .addHelpText('after', examples)
    .action(run);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function run(file: string | undefined, options: Options): Promise<void> {
  let level = options.logLevel;
  try {
    const echo = options.echo === undefined ? undefined : parseEcho(options.echo);
    const config = withLevel(await readConfig(file, options), options.logLevel);
    // Never asked for without a file.
    const read = async () => withLevel(await reloadConfigFile(file ?? ''), options.logLevel);
    level = config.log.level;
    await serve({ config, file: file ?? null, echo }, read);
  } catch (error) {
    fail(error, { stack: wantsStack(level) });
  }
}

function wantsStack(level: Level | undefined): boolean {
  return level === 'debug' || level === 'trace';
}

async function readConfig(file: string | undefined, options: Options): Promise<Config> {
  const { listen, upstream, keepalive, clientKeepalive, upstreamKeepalive } = options;
  const words = [listen, upstream, keepalive, clientKeepalive, upstreamKeepalive];
  const hasWords = words.some((word) => word !== undefined);
  if (file !== undefined && hasWords) {
    throw usage('expected either a file or a route in options such as --listen, got both');
  }
  if (file !== undefined) return await loadConfigFile(file);
  if (listen === undefined || upstream === undefined) {
    throw usage('expected a file, or --listen and --upstream');
  }
  return configFromWords({ listen, upstream, keepalive, clientKeepalive, upstreamKeepalive });
}

function parseEcho(text: string): ListenAddress {
  const parsed = parseListenAddress(text);
  if (parsed.ok) return parsed.value;
  throw usage(`--echo: ${parsed.message}`);
}

function usage(message: string): WarmlineError {
  return new WarmlineError('WL_USAGE', message);
}

function withLevel(config: Config, level: Level | undefined): Config {
  return level === undefined ? config : { ...config, log: { ...config.log, level } };
}

async function serve(request: Request, read: Source['read']): Promise<void> {
  const { config, file } = request;
  const cut = new AbortController();
  // Before the start, so that no signal finds a listener open and nobody to drain it.
  const asked = askedToStop(cut);
  const hungUp = hangups();
  let tellStatus = () => {};
  onStatusAsked(() => tellStatus());
  const app = await startUnlessCut(request, cut.signal);
  tellStatus = () => void app.logStatus();
  for (const line of app.words) process.stderr.write(`${line}\n`);
  void retuneAtEach(hungUp, app, { file, read, stack: wantsStack(config.log.level) });
  try {
    await Promise.race([asked, uncaughtException(cut)]);
    const limit = formatDuration(config.drainTimeout);
    say(`stopping; sessions have ${limit} to end, a second signal resets them at once`);
  } finally {
    const reset = await app.stop(cut.signal);
    if (reset > 0) say(`sessions that had not ended and were reset: ${reset}`);
  }
}

/** A start can hang in a name lookup, which nothing can take back: then a second signal ends the process. */
async function startUnlessCut(request: Request, cut: AbortSignal): Promise<App> {
  const giveUp = () => process.exit(1);
  cut.addEventListener('abort', giveUp);
  const app = await startApp(request);
  cut.removeEventListener('abort', giveUp);
  return app;
}
