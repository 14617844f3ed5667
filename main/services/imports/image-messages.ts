import type { ImageFormat } from '../../../shared/model/image.ts';
import type { RejectionCode } from '../../../shared/model/import-job.ts';

/** What the host asks of the process that reads files from outside. */
export type ImageRequest =
  /** Copies a file to `draft` while its digest is taken, so that what is decoded later is what was digested. */
  | { readonly op: 'take'; readonly path: string; readonly draft: string }
  /** As `take` for many files at once, and reads the header of each: enough to list them. */
  | {
      readonly op: 'receive';
      readonly files: readonly { readonly path: string; readonly draft: string }[];
    }
  /** Decodes a draft whole, and writes its canonical form and its thumbnail next to it. */
  | { readonly op: 'prepare'; readonly draft: string }
  /** What the header of an image says of it. */
  | { readonly op: 'probe'; readonly path: string }
  /** What an image looks like; for those that came in before this was asked. */
  | { readonly op: 'look'; readonly path: string }
  /** PNG of a rectangle of a canonical image at the size at which a model saw it. */
  | {
      readonly op: 'view';
      readonly path: string;
      /** Whole canonical pixels. */
      readonly box: readonly [number, number, number, number];
      readonly width: number;
      readonly height: number;
    };

export interface ImageAnswers {
  readonly take: { readonly sha256: string; readonly byteSize: number };
  readonly prepare: {
    readonly format: ImageFormat;
    readonly width: number;
    readonly height: number;
    /** File that holds the canonical pixels, and the ending that its name gets. */
    readonly canonical: string;
    readonly extension: string;
    readonly thumbnail: string;
    /** What it looks like, 64 bits as hex: images that differ in few of them look alike. */
    readonly look: string;
  };
  readonly receive: { readonly files: readonly ReceivedFile[] };
  readonly probe: { readonly format: ImageFormat; readonly width: number; readonly height: number };
  readonly look: { readonly look: string };
  readonly view: { readonly png: Uint8Array };
}

/** A file that can't be taken, as a value: it is expected. */
export interface ImageRefusal {
  readonly code: RejectionCode;
  readonly message: string;
}

/** One file of many, as far as its header tells. */
export type ReceivedFile =
  | {
      readonly ok: true;
      readonly sha256: string;
      readonly byteSize: number;
      readonly format: ImageFormat;
      readonly width: number;
      readonly height: number;
    }
  | { readonly ok: false; readonly refusal: ImageRefusal };

export type ImageOutcome<Op extends ImageRequest['op']> =
  | { readonly ok: true; readonly value: ImageAnswers[Op] }
  | { readonly ok: false; readonly refusal: ImageRefusal };
