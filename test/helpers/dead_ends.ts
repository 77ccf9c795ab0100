// Dead ends: endpoints that cannot be connected.
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { TcpAddress } from '../../src/config/address.js';
import type { EngineAddress } from '../../src/engine/contract.js';
import { startProgram } from './program.js';
import { projectRoot } from './repository.js';
import { startUpstream } from './server.js';
import { systemEnv } from './system.js';

/** An endpoint that refuses: its port was free a moment ago. */
export async function startRefusing(t: ExecutionContext): Promise<EngineAddress> {
  const upstream = await startUpstream(t);
  const { address } = upstream;
  upstream.close();
  return address;
}

/** An endpoint that never answers a SYN. */
export async function startUnanswering(t: ExecutionContext): Promise<TcpAddress> {
  const script = join(projectRoot, 'test/helpers/full_listener.py');
  const program = startProgram(t, ['python3', script], { env: systemEnv });
  const port = await program.until('port', (line) => Number(line) || undefined);
  return { host: '127.0.0.1', port };
}
