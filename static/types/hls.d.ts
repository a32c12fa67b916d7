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

  export interface Fragment {
    type: string;
    start: number;
    stats: { loaded: number; loading: { first: number; end: number } };
  }

  export interface FragmentData {
    frag: Fragment;
    networkDetails?: XMLHttpRequest | null;
  }

  export interface LoaderContext {
    frag: Fragment;
  }

  export interface LoaderCallbacks {
    onSuccess(
      response: unknown,
      stats: { total: number },
      context: LoaderContext,
      details: XMLHttpRequest | null,
    ): void;
  }

  export interface Loader {
    load(context: LoaderContext, config: unknown, callbacks: LoaderCallbacks): void;
  }

  export type LoaderClass = new (config: Config) => Loader;

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
    maxBufferLength: number;
    maxBufferSize: number;
    fragLoadPolicy: { default: LoaderConfig };
    manifestLoadPolicy: { default: LoaderConfig };
    fLoader?: LoaderClass;
  }

  export default class Hls {
    static isSupported(): boolean;
    static DefaultConfig: { loader: LoaderClass };
    constructor(options: Config);
    readonly config: Config;
    subtitleTracks: MediaPlaylist[];
    subtitleTrack: number;
    subtitleDisplay: boolean;
    audioTracks: MediaPlaylist[];
    audioTrack: number;
    on(event: "hlsError", listener: (name: string, data: ErrorData) => void): void;
    on(event: "hlsFragLoaded", listener: (name: string, data: FragmentData) => void): void;
    on(event: string, listener: () => void): void;
    latestLevelDetails: { fragments: Fragment[] } | null;
    loadSource(url: string): void;
    attachMedia(video: HTMLVideoElement): void;
    recoverMediaError(): void;
    destroy(): void;
  }
}
