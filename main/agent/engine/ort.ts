import { createRequire } from 'node:module';
import type * as Ort from 'onnxruntime-node';

export type OrtModule = typeof Ort;

let loaded: OrtModule | null = null;

/**
 * The runtime, loaded on first use. Its Linux and macOS builds send usage data by default, and only a variable set
 * before the native library loads stops that; so nothing else may import it.
 */
export function onnxruntime(): OrtModule {
  if (loaded === null) {
    process.env['ORT_DISABLE_TELEMETRY'] = '1';
    loaded = createRequire(import.meta.url)('onnxruntime-node') as OrtModule;
  }
  return loaded;
}
