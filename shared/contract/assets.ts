import type { EpisodeId } from '../model/ids.ts';
import type { ImageView } from '../model/view.ts';

/** Image bytes never ride the channel: they are fetched from here, same origin in both shells. */
export const ASSET_PATH = '/assets/';
/** Files dropped on the page are posted here: `/upload/<importId>?name=<relative path>`. */
export const UPLOAD_PATH = '/upload/';
/** Browser mode: POST {token} sets the session cookie; GET says whether the cookie is good (204 or 401). */
export const SESSION_PATH = '/session';
/** Browser mode: the WebSocket that carries every procedure. */
export const RPC_PATH = '/rpc';

/** Address of the pixels of a view exactly as the model saw them (PNG). */
export function viewAssetPath(episode: EpisodeId, viewNumber: number): string {
  return `${ASSET_PATH}view/${episode}/${viewNumber}`;
}

/** A part of one of an episode's input images, at the size at which a model would see it. */
export type ImageRegion = Pick<ImageView, 'rootImage' | 'rootBox' | 'width' | 'height'>;

/**
 * Address of the pixels of a view that no run ever made (PNG): what a corrected call brings in, also one that is being
 * drawn just now.
 */
export function regionAssetPath(episode: EpisodeId, region: ImageRegion): string {
  const { rootImage, rootBox, width, height } = region;
  return `${ASSET_PATH}region/${episode}/${rootImage}/${rootBox.join(',')}/${width}x${height}`;
}

/** Address of an asset by the opaque id that a record carries. */
export function assetPath(assetId: string): string {
  return `${ASSET_PATH}${assetId}`;
}
