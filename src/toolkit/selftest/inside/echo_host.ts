// Echo host: a program that sends back what it receives and tells its port on standard output. It ends with its standard
// input, and its network namespace with it.
import { type AddressInfo, createServer } from 'node:net';

const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
server.listen(0, '0.0.0.0', () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().on('end', () => process.exit());
