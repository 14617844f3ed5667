import type { MouseEvent } from 'react';
import { formatRoute, lastPlaceOn, navigate, type Route, useRoute } from '../../state/route.ts';
import mark from '../../ui/icon.svg';
import classes from './app-frame.module.css';
import { PLACES, titleOf } from './places.ts';

/** The narrow navigation on the left. */
export function NavRail() {
  const here = useRoute().screen;
  const open = (event: MouseEvent, screen: Route['screen']): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    navigate(lastPlaceOn(screen));
  };
  return (
    <nav className={classes['rail']} aria-label="Main">
      <div className={classes['mark']}>
        <img src={mark} width={28} height={28} alt="IMAgent Studio" />
      </div>
      {PLACES.map(({ screen, icon: Icon }) => (
        <a
          key={screen}
          className={classes['railLink']}
          href={formatRoute(lastPlaceOn(screen))}
          aria-current={here === screen ? 'page' : undefined}
          onClick={(event) => open(event, screen)}
        >
          <Icon size={20} stroke={1.6} aria-hidden />
          {titleOf(screen)}
        </a>
      ))}
    </nav>
  );
}
