/** What the pages use of mqtt.js, and no more: the rest of it stays exchangeable. */
declare module "*/mqtt.esm.js" {
  export interface Properties {
    messageExpiryInterval?: number;
    responseTopic?: string;
    correlationData?: Uint8Array;
  }

  export interface Packet {
    cmd: string;
    reasonCode?: number;
    retain?: boolean;
    properties?: Properties;
  }

  export interface Options {
    protocolVersion: 4 | 5;
    clientId: string;
    username: string;
    password: string;
    keepalive: number;
    connectTimeout: number;
    clean: boolean;
    resubscribe: boolean;
    reconnectPeriod: number;
    queueQoSZero: boolean;
    forceNativeWebSocket: boolean;
    will?: { topic: string; payload: Uint8Array; qos: 0 | 1; retain: boolean };
    createWebsocket?: (url: string, protocols: string[]) => WebSocket;
  }

  export interface Client {
    on(
      event: "connect" | "disconnect" | "packetreceive" | "packetsend",
      listener: (packet: Packet) => void,
    ): void;
    on(event: "error", listener: (error: Error & { code?: number | string }) => void): void;
    on(event: "close", listener: () => void): void;
    on(
      event: "message",
      listener: (topic: string, payload: Uint8Array, packet: Packet) => void,
    ): void;
    publish(
      topic: string,
      payload: Uint8Array,
      options: { qos: 0 | 1; retain: boolean; properties?: Properties },
      done: (error?: Error | null) => void,
    ): void;
    subscribe(
      filters: Record<string, { qos: 0 | 1 }>,
      done: (error: Error | null, granted?: { topic: string; qos: number }[]) => void,
    ): void;
    sendPing(): void;
    end(force: boolean, done?: () => void): void;
  }

  const mqtt: { connect(url: string, options: Options): Client };
  export default mqtt;
}
