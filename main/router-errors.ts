import type { TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { isStudioError } from '../shared/contract/errors.ts';
import type { ErrorData } from './routers/trpc.ts';

const INTERNAL = 'Something went wrong inside the app. Its log has the details.';

/** What may be told of an error. What is not of our closed list stays here. */
export function describeFailure(error: TRPCError): ErrorData {
  const { cause } = error;
  if (isStudioError(cause)) return { code: cause.code, message: cause.message };
  switch (error.code) {
    case 'BAD_REQUEST':
      return {
        code: 'bad_input',
        message: cause instanceof ZodError ? describeInput(cause) : 'The request is not valid.',
      };
    case 'PARSE_ERROR':
    case 'PAYLOAD_TOO_LARGE':
      return { code: 'bad_input', message: 'The request is not valid.' };
    case 'NOT_FOUND':
    case 'METHOD_NOT_SUPPORTED':
      return { code: 'not_supported', message: 'This version of the app can not do that.' };
    case 'CLIENT_CLOSED_REQUEST':
      return { code: 'cancelled', message: 'Cancelled.' };
    default:
      return { code: 'internal', message: INTERNAL };
  }
}

/** Whether an error is a fault of ours, to be logged whole. */
export function isFault(error: TRPCError): boolean {
  return describeFailure(error).code === 'internal';
}

function describeInput(error: ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'The request is not valid.';
  const place = issue.path.join('.');
  return place === '' ? issue.message : `${place}: ${issue.message}`;
}
