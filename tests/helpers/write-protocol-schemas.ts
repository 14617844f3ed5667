/** Writes the JSON Schemas of the run folder: `node tests/helpers/write-protocol-schemas.ts`. A test checks them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaFiles } from '../../shared/trainer-protocol/schemas.ts';

const folder = join(import.meta.dirname, '..', '..', 'trainer', 'imagent_trainer', 'protocol', 'schemas');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(schemaFiles())) writeFileSync(join(folder, `${name}.json`), text);
