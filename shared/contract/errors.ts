import { z } from 'zod';

/**
 * The closed list of codes that may cross a boundary. Anything else is logged whole on the host and
 * crosses as `internal`.
 */
export const errorCode = z.enum([
  'bad_input',
  'not_found',
  'conflict',
  'unauthorized',
  'not_supported',
  'image_broken',
  'image_unsupported',
  'image_too_large',
  'path_not_allowed',
  'path_unreadable',
  'model_folder_invalid',
  'engine_crashed',
  'backend_unreachable',
  'backend_refused',
  'trainer_missing',
  'workspace_locked',
  'workspace_newer',
  'workspace_damaged',
  'disk_full',
  'cancelled',
  'internal',
]);
export type ErrorCode = z.infer<typeof errorCode>;

/** An error with a code that a person can be told about. `message` says what to do. */
export class StudioError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StudioError';
    this.code = code;
  }
}

export function isStudioError(error: unknown): error is StudioError {
  return error instanceof StudioError;
}
