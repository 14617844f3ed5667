import { TRPCClientError } from '@trpc/client';
import { type ErrorCode, errorCode } from '../../shared/contract/errors.ts';

/** What a person is told when something did not work: one sentence, and what to do about it. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly advice: string;
}

const ADVICE: Readonly<Record<ErrorCode, string>> = {
  bad_input: 'Correct the value and try again.',
  not_found: 'It may have been deleted in another window. Go back to the list.',
  conflict: 'Nothing was changed. Try again after that.',
  unauthorized: 'Open the address that the app printed in the terminal when it started.',
  not_supported: 'This version of the app cannot do that.',
  image_broken: 'Open the image in another program to see whether it is whole, then import it again.',
  image_unsupported: 'Convert it to PNG, JPEG, WebP, GIF, TIFF or AVIF.',
  image_too_large: 'Make the image smaller, then import it again.',
  path_not_allowed: 'Choose a folder that the app may read.',
  path_unreadable: 'Check that the path exists and that you may read it.',
  model_folder_invalid: 'Check the model folder, or choose another agent.',
  engine_crashed: 'Run it again. The engine starts anew by itself.',
  backend_unreachable: 'Start the model server, or check its address on the Agents screen.',
  backend_refused: 'Read what the server said, then correct the model name or the settings.',
  trainer_missing: 'Open Training and press "Set up the trainer". It needs the network once.',
  workspace_locked: 'Close the other window or program that has this workspace open.',
  workspace_newer: 'Open this workspace with the newer version of the app that made it.',
  workspace_damaged: 'Restore a backup of the workspace folder.',
  disk_full: 'Free some disk space, then try again. Nothing that was saved is lost.',
  cancelled: 'Start it again when you want to.',
  internal: 'Try again. If it happens again, the log of the app has the details.',
};

/** A failure of a known kind, with the advice for that kind. */
export function failureOf(code: ErrorCode, message: string): Failure {
  return { code, message, advice: ADVICE[code] };
}

function codeOf(error: TRPCClientError<never>): ErrorCode | null {
  const data: unknown = error.data;
  if (typeof data !== 'object' || data === null || !('code' in data)) return null;
  const parsed = errorCode.safeParse(data.code);
  return parsed.success ? parsed.data : null;
}

/** Any thrown value as a failure from the closed list. Never throws. */
export function toFailure(error: unknown): Failure {
  if (error instanceof TRPCClientError) {
    const code = codeOf(error);
    if (code !== null) return failureOf(code, error.message);
    if (error.data === undefined || error.data === null) {
      return {
        code: 'internal',
        message: 'The connection to the app was lost before it answered.',
        advice: 'It reconnects by itself. Then try again.',
      };
    }
    return failureOf('internal', 'Something went wrong inside the app.');
  }
  if (isFailure(error)) return error;
  return failureOf('internal', error instanceof Error ? error.message : 'Something went wrong.');
}

function isFailure(value: unknown): value is Failure {
  return (
    typeof value === 'object' && value !== null && 'code' in value && 'advice' in value && 'message' in value
  );
}
