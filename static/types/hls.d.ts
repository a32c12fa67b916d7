/** What the player uses of hls.js, and no more. */
declare module "*/hls.min.mjs" {
  export interface MediaPlaylist {
    name: string;
    lang?: string;
    url?: string;
  }

  export interface ErrorData {
    fatal: boolean;
    type: string;
    details: string;
    response?: { code: number };
    networkDetails?: XMLHttpRequest | null;
  }

  export interface FragmentData {
    frag: {
      type: string;
      stats: { loaded: number; loading: { first: number; end: number } };
    };
    networkDetails?: XMLHttpRequest | null;
  }

  export interface Retry {
    maxNumRetry: number;
    retryDelayMs: number;
    maxRetryDelayMs: number;
  }

  export interface LoaderConfig {
    maxTimeToFirstByteMs: number;
    maxLoadTimeMs: number;
    timeoutRetry: Retry | null;
    errorRetry: Retry | null;
  }

  export interface Config {
    enableWorker: boolean;
    startFragPrefetch: boolean;
    workerPath: string;
    startPosition: number;
    backBufferLength: number;
    fragLoadPolicy: { default: LoaderConfig };
    manifestLoadPolicy: { default: LoaderConfig };
  }

  export default class Hls {
    static isSupported(): boolean;
    constructor(options: Config);
    subtitleTracks: MediaPlaylist[];
    subtitleTrack: number;
    subtitleDisplay: boolean;
    audioTracks: MediaPlaylist[];
    audioTrack: number;
    bandwidthEstimate: number;
    on(event: "hlsError", listener: (name: string, data: ErrorData) => void): void;
    on(event: "hlsFragLoaded", listener: (name: string, data: FragmentData) => void): void;
    on(event: string, listener: () => void): void;
    loadSource(url: string): void;
    attachMedia(video: HTMLVideoElement): void;
    recoverMediaError(): void;
    destroy(): void;
  }
}
