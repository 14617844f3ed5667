#!/usr/bin/env node
// A stand-in for the trainer's Python where the host runs a command of its own (an experiment, the test of a judge). It
// does nothing: it says what IMAGENT_TEST_SAYS holds and ends, or, without that, holds until its standard input closes,
// as the real one does.
const says = process.env.IMAGENT_TEST_SAYS;
if (says === undefined) {
  process.stdin.resume().on('end', () => process.exit(75));
} else {
  const { output, errors, code } = JSON.parse(says);
  process.stdout.write(output);
  process.stderr.write(errors);
  process.exitCode = code;
}
