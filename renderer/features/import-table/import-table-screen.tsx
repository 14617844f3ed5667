import { Button } from '@mantine/core';
import { useState } from 'react';
import type { TablePreview } from '../../../shared/model/table-import.ts';
import { lastPlaceOn, navigate } from '../../state/route.ts';
import { ScreenHeader } from '../../ui/parts.tsx';
import classes from './import-table.module.css';
import { MapStep } from './map-step.tsx';
import { OpenStep } from './open-step.tsx';

/** A table of questions from elsewhere: choose it, say what its columns mean, see how rows will be read, import. */
export function ImportTableScreen() {
  const [preview, setPreview] = useState<TablePreview | null>(null);
  return (
    <div className={classes['screen']}>
      <ScreenHeader
        title="Import a table"
        subtitle={
          preview === null ? 'CSV, TSV, JSON lines, JSON, parquet, or a folder of images' : preview.name
        }
      >
        <Button variant="default" onClick={() => navigate(lastPlaceOn('library'))}>
          Back to the library
        </Button>
      </ScreenHeader>
      {preview === null ? (
        <OpenStep onOpened={setPreview} />
      ) : (
        <MapStep key={preview.id} preview={preview} onBack={() => setPreview(null)} />
      )}
    </div>
  );
}
