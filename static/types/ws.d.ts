declare module "ws" {
  export const WebSocket: typeof globalThis.WebSocket;

  export interface Peer {
    send(bytes: Uint8Array): void;
    on(event: "message", listener: (bytes: Uint8Array) => void): void;
  }

  export class WebSocketServer {
    constructor(options: { host: string; port: number });
    address(): { port: number };
    on(event: "connection", listener: (peer: Peer) => void): void;
    on(event: "listening", listener: () => void): void;
    close(): void;
  }
}
