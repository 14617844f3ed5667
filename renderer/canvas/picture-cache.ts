export type Picture =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly element: HTMLImageElement }
  | { readonly state: 'failed' };

/** Decoded images by address. Each is fetched once; what is not kept is let go. */
export interface PictureCache {
  readonly get: (url: string) => Picture;
  /** Forgets every picture but these. */
  readonly keep: (urls: ReadonlySet<string>) => void;
}

const LOADING: Picture = { state: 'loading' };

/** @param onChange called when a picture has become ready or failed. */
export function createPictureCache(onChange: () => void): PictureCache {
  const pictures = new Map<string, Picture>();
  const settle = (url: string, picture: Picture) => {
    if (!pictures.has(url)) return;
    pictures.set(url, picture);
    onChange();
  };
  const load = (url: string): void => {
    const element = new Image();
    element.decoding = 'async';
    element.src = url;
    element
      .decode()
      .then(() => settle(url, { state: 'ready', element }))
      .catch(() => settle(url, { state: 'failed' }));
  };
  return {
    get: (url) => {
      const known = pictures.get(url);
      if (known !== undefined) return known;
      pictures.set(url, LOADING);
      load(url);
      return LOADING;
    },
    keep: (urls) => {
      for (const url of pictures.keys()) if (!urls.has(url)) pictures.delete(url);
    },
  };
}
