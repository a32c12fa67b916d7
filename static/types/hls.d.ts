/** What the player uses of hls.js, and no more. */
declare module "*/hls.min.mjs" {
  export interface MediaPlaylist {
    name: string;
    lang?: string;
  }

  export interface ErrorData {
    fatal: boolean;
    type: string;
    details: string;
    response?: { code: number };
  }

  export interface Retry {
    maxNumRetry: number;
    retryDelayMs: number;
    maxRetryDelayMs: number;
  }

  export interface LoaderConfig {
    maxTimeToFirstByteMs: number;
    maxLoadTimeMs: number;
    timeoutRetry: Retry;
    errorRetry: Retry;
  }

  export default class Hls {
    static isSupported(): boolean;
    constructor(options: { workerPath: string; fragLoadPolicy: { default: LoaderConfig } });
    subtitleTracks: MediaPlaylist[];
    subtitleTrack: number;
    subtitleDisplay: boolean;
    audioTracks: MediaPlaylist[];
    audioTrack: number;
    on(event: "hlsError", listener: (name: string, data: ErrorData) => void): void;
    on(event: string, listener: () => void): void;
    loadSource(url: string): void;
    attachMedia(video: HTMLVideoElement): void;
    recoverMediaError(): void;
    destroy(): void;
  }
}
