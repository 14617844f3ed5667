import { SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useCall } from '../../client/hooks.ts';
import { HOME, navigate, type Route } from '../../state/route.ts';
import { useKeys } from '../../state/use-keys.ts';
import { formatCount } from '../../ui/format.ts';
import { ScreenHeader } from '../../ui/parts.tsx';
import { ImagesTab } from './images-tab.tsx';
import { ImportMenu } from './import-menu.tsx';
import classes from './library.module.css';
import { SamplesTab } from './samples-tab.tsx';

type LibraryRoute = Extract<Route, { screen: 'library' }>;

/** Milliseconds that the search waits for the next letter. */
const SEARCH_PAUSE = 200;

/** Samples and images of the workspace. */
export function LibraryScreen({ route }: { route: LibraryRoute }) {
  const counts = useCall('app.info', undefined).data?.counts;
  const searchField = useRef<HTMLInputElement>(null);
  useKeys({
    name: 'library',
    title: 'Library',
    bindings: [
      { keys: 'Ctrl+F', label: 'Find', whileTyping: true, run: () => searchField.current?.select() },
      { keys: '/', label: 'Find', run: () => searchField.current?.select() },
      ...LIST_KEYS,
    ],
  });
  const openTab = (tab: string): void => {
    if (tab === 'images') navigate({ screen: 'library', tab: 'images', search: '' });
    else navigate(HOME);
  };
  return (
    <div className={classes['library']}>
      <ScreenHeader title="Library">
        <SegmentedControl
          aria-label="What to show"
          value={route.tab}
          onChange={openTab}
          data={[
            {
              value: 'samples',
              label: counts === undefined ? 'Samples' : `Samples ${formatCount(counts.samples)}`,
            },
            {
              value: 'images',
              label: counts === undefined ? 'Images' : `Images ${formatCount(counts.images)}`,
            },
          ]}
        />
        <SearchField key={route.tab} route={route} field={searchField} />
        <span className={classes['space']} />
        <ImportMenu />
      </ScreenHeader>
      {route.tab === 'samples' ? (
        <SamplesTab filter={route.filter} sort={route.sort} />
      ) : (
        <ImagesTab search={route.search} />
      )}
    </div>
  );
}

const nothing = (): void => undefined;
/** Answered by the lists themselves while they have the focus; here so that the help shows them. */
const LIST_KEYS = [
  { keys: 'Enter', label: 'Open the row', run: nothing },
  { keys: 'Space', label: 'Choose the row or take it away', run: nothing },
  { keys: 'Shift+ArrowDown', label: 'Choose a range', run: nothing },
  { keys: 'Ctrl+A', label: 'Choose all that are loaded', run: nothing },
  { keys: 'Delete', label: 'Delete what is chosen', run: nothing },
];

function searchOf(route: LibraryRoute): string {
  return route.tab === 'samples' ? (route.filter.search ?? '') : route.search;
}

function withSearch(route: LibraryRoute, text: string): LibraryRoute {
  if (route.tab === 'images') return { ...route, search: text };
  const { search: _before, ...rest } = route.filter;
  return { ...route, filter: text === '' ? rest : { ...rest, search: text } };
}

function SearchField({
  route,
  field,
}: {
  route: LibraryRoute;
  field: React.RefObject<HTMLInputElement | null>;
}) {
  const search = searchOf(route);
  const [text, setText] = useState(search);
  const [followed, setFollowed] = useState(search);
  // The address may change from elsewhere: the back button, or "show all".
  if (followed !== search) {
    setFollowed(search);
    setText(search);
  }
  useEffect(() => {
    if (text === searchOf(route)) return undefined;
    const timer = setTimeout(() => navigate(withSearch(route, text), { replace: true }), SEARCH_PAUSE);
    return () => clearTimeout(timer);
  }, [text, route]);
  return (
    <TextInput
      ref={field}
      type="search"
      className={classes['search'] ?? ''}
      aria-label={
        route.tab === 'samples' ? 'Find in questions, answers, tags and notes' : 'Find images by name'
      }
      placeholder={
        route.tab === 'samples' ? 'Find in questions, answers, tags and notes' : 'Find images by name'
      }
      leftSection={<IconSearch size={14} aria-hidden />}
      value={text}
      maxLength={200}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') setText('');
      }}
    />
  );
}
