import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page. No inline script and no data: URL for code, so that the page runs under a strict content policy. */
export default defineConfig({
  root: 'renderer',
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    // Not `assets`: that address is for the bytes of images.
    assetsDir: 'static',
    target: 'chrome140',
    // A polyfill for module preload would be an inline script.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
  },
});
