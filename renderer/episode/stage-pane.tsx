import { ActionIcon, SegmentedControl, Tooltip, useComputedColorScheme } from '@mantine/core';
import { IconAspectRatio, IconMinus, IconPlus, IconZoomScan } from '@tabler/icons-react';
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { describeStage } from '../canvas/describe.ts';
import type { DrawnStep, PixelSource, StageDocument } from '../canvas/document.ts';
import { DARK_PALETTE, LIGHT_PALETTE } from '../canvas/palette.ts';
import type { Picked } from '../canvas/pick.ts';
import type { StageEditing } from '../canvas/stage-editing.ts';
import { Stage, type StageCommands } from '../canvas/Stage.tsx';
import classes from './stage-pane.module.css';

const DESCRIPTION_ID = 'stage-description';

/** The canvas with its tools, and the same in words for who does not see it. */
export function StagePane(props: {
  readonly drawn: StageDocument;
  readonly steps: readonly DrawnStep[];
  readonly position: number;
  readonly pixels: PixelSource;
  /** False before the first run: then only source pixels exist. */
  readonly ran: boolean;
  readonly commands: StageCommands | null;
  readonly onCommands: (commands: StageCommands | null) => void;
  readonly onPixels: (pixels: PixelSource) => void;
  readonly onPick: (picked: Picked) => void;
  /** Where boxes can be moved and drawn. */
  readonly editing?: StageEditing;
  readonly children?: ReactNode;
}) {
  const { commands } = props;
  const palette = useComputedColorScheme('light') === 'dark' ? DARK_PALETTE : LIGHT_PALETTE;
  const [percent, setPercent] = useState(100);
  const showScale = useCallback((scale: number) => setPercent(Math.round(scale * 100)), []);
  const lines = useMemo(
    () => describeStage(props.drawn, props.steps, props.position),
    [props.drawn, props.steps, props.position],
  );
  return (
    <section className={classes['pane']} aria-label="Images">
      <Stage
        className={classes['stage']}
        document={props.drawn}
        palette={palette}
        commands={props.onCommands}
        onPick={props.onPick}
        editing={props.editing}
        onScale={showScale}
        label="Images of the sample, with what the agent looked at"
        describedBy={DESCRIPTION_ID}
      />
      <ul className="only-read" id={DESCRIPTION_ID}>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {props.children}
      <div className={classes['tools']} role="toolbar" aria-label="View of the images">
        <SegmentedControl
          size="xs"
          aria-label="Which pixels are shown"
          value={props.pixels}
          disabled={!props.ran}
          onChange={(value) => props.onPixels(value === 'model' ? 'model' : 'source')}
          data={[
            { value: 'source', label: 'Source' },
            { value: 'model', label: 'As the model saw it' },
          ]}
        />
        <span className={classes['zoom']}>
          <Tool label="Zoom out (Ctrl+-)" onClick={() => commands?.zoomOut()}>
            <IconMinus size={16} />
          </Tool>
          <span className={classes['percent']} title="Screen pixels to a pixel of the image">
            {percent}%
          </span>
          <Tool label="Zoom in (Ctrl++)" onClick={() => commands?.zoomIn()}>
            <IconPlus size={16} />
          </Tool>
          <Tool label="Show everything (0)" onClick={() => commands?.fit()}>
            <IconZoomScan size={16} />
          </Tool>
          <Tool label="One image pixel to one screen pixel (Ctrl+0)" onClick={() => commands?.oneToOne()}>
            <IconAspectRatio size={16} />
          </Tool>
        </span>
      </div>
    </section>
  );
}

function Tool(props: { readonly label: string; readonly onClick: () => void; readonly children: ReactNode }) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon size="sm" aria-label={props.label} onClick={props.onClick}>
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
