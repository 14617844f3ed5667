import { useComputedColorScheme } from '@mantine/core';
import { memo, useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { RunSeries } from '../../../shared/contract/runs.ts';
import { formatCount } from '../../ui/format.ts';
import type { ChartSpec } from './chart-specs.ts';
import classes from './charts.module.css';
import { type ChartData, chartData } from './chart-data.ts';

const HEIGHT = 168;

/** Told apart by more than colour: the later ones are dashed. Each pair reads on its ground. */
const COLOURS = {
  light: ['#2c54a9', '#b3261e', '#1c7a45', '#8a5a00', '#7028c4', '#0f6c7a'],
  dark: ['#8dacea', '#f28b82', '#63c78e', '#e5b567', '#c79bff', '#6fd0dd'],
} as const;
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3], [1, 4], [4, 4]];

/** Steps are whole. */
const WHOLE = [1, 2, 5]
  .flatMap((one) => [1, 10, 100, 1e3, 1e4, 1e5].map((power) => one * power))
  .toSorted((a, b) => a - b);

const SYNC = uPlot.sync('training');

/**
 * One chart of a run: lines of means over the steps, with the least and greatest of each span as a band. Drawn again
 * for new values only: its screen is told of every step.
 */
export const Chart = memo(function Chart({
  spec,
  series,
}: {
  readonly spec: ChartSpec;
  readonly series: RunSeries | undefined;
}) {
  const scheme = useComputedColorScheme('light');
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = useMemo(() => chartData(spec, series), [spec, series]);
  const latest = useRef(data);
  useEffect(() => {
    latest.current = data;
  });
  const { lines } = data;
  const key = lines.map(({ name }) => name).join(' ');

  useEffect(() => {
    const element = place.current;
    if (element === null || key === '') return undefined;
    const made = new uPlot(
      options(spec, latest.current, scheme, element.clientWidth),
      [...latest.current.columns] as uPlot.AlignedData,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
    // The lines that have values, and the colours: anything else is new data for the same chart.
  }, [spec, key, scheme]);

  useEffect(() => {
    if (plot.current?.series.length === data.columns.length) {
      plot.current.setData([...data.columns] as uPlot.AlignedData);
    }
  }, [data]);

  return (
    <figure className={classes['chart']} aria-label={`${spec.title}. ${data.words}`}>
      <figcaption className={classes['caption']}>
        <span className={classes['title']} title={spec.about}>
          {spec.title}
        </span>
        <span className={classes['legend']}>
          {lines.map((line, index) => (
            <span key={line.name} className={classes['entry']}>
              <svg width={16} height={8} aria-hidden>
                <line
                  x1={0}
                  x2={16}
                  y1={4}
                  y2={4}
                  stroke={COLOURS[scheme][index % 6]}
                  strokeWidth={2}
                  strokeDasharray={(DASHES[index % 6] ?? []).join(' ')}
                />
              </svg>
              {line.label}
              <strong>{line.last === null ? '—' : spec.format(line.last)}</strong>
            </span>
          ))}
        </span>
      </figcaption>
      {key === '' ? (
        <p className={classes['nothing']}>{series === undefined ? '' : (spec.empty ?? 'No values yet')}</p>
      ) : (
        <div ref={place} className={classes['plot']} style={{ height: HEIGHT }} aria-hidden />
      )}
    </figure>
  );
});

function options(spec: ChartSpec, data: ChartData, scheme: 'light' | 'dark', width: number): uPlot.Options {
  const ink = scheme === 'dark' ? '#a3a9b1' : '#565c64';
  const grid = scheme === 'dark' ? '#2a2e33' : '#e6e8eb';
  const axis = {
    stroke: ink,
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
    font: '11px sans-serif',
  };
  return {
    width: Math.max(120, width),
    height: HEIGHT,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: SYNC.key }, y: false, drag: { x: true, y: false }, points: { size: 6 } },
    scales: {
      x: { time: false },
      y: spec.range === undefined ? {} : { range: [spec.range[0], spec.range[1]] },
    },
    axes: [
      {
        ...axis,
        space: 60,
        size: 24,
        incrs: WHOLE,
        values: (_plot, values) => values.map((value) => formatCount(value)),
      },
      { ...axis, size: 58, space: 28, values: (_plot, values) => values.map((value) => spec.format(value)) },
    ],
    series: [
      {},
      ...data.lines.flatMap((line, index) => {
        const colour = COLOURS[scheme][index % 6] ?? ink;
        const shared = { spanGaps: true, stroke: colour };
        return [
          {
            ...shared,
            label: line.label,
            width: 1.5,
            dash: [...(DASHES[index % 6] ?? [])],
            points: { show: line.points === true || data.isShort, size: 5 },
          },
          { ...shared, label: `${line.label}, greatest`, width: 0, points: { show: false } },
          { ...shared, label: `${line.label}, least`, width: 0, points: { show: false } },
        ];
      }),
    ],
    // Only where a span holds more than one step do least and greatest differ.
    bands: data.lines.map((_line, index) => ({
      series: [2 + index * 3, 3 + index * 3] as [number, number],
      fill: `${COLOURS[scheme][index % 6] ?? ink}26`,
    })),
  };
}
