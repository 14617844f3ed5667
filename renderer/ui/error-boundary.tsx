import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { EmptyState } from './parts.tsx';

/** A screen that failed to draw leaves the rest of the app in place. Another `place` tries anew. */
export class ErrorBoundary extends Component<
  { readonly place: string; readonly children: ReactNode },
  { readonly failedAt: string | null }
> {
  override state: { readonly failedAt: string | null } = { failedAt: null };

  static getDerivedStateFromProps(
    props: { readonly place: string },
    state: { readonly failedAt: string | null },
  ): { readonly failedAt: string | null } | null {
    return state.failedAt !== null && state.failedAt !== '' && state.failedAt !== props.place
      ? { failedAt: null }
      : null;
  }

  static getDerivedStateFromError(): { readonly failedAt: string } {
    return { failedAt: '' };
  }

  override componentDidCatch(): void {
    this.setState({ failedAt: this.props.place });
  }

  override render(): ReactNode {
    if (this.state.failedAt === null) return this.props.children;
    return (
      <EmptyState
        title="This screen could not be shown"
        actions={<Button onClick={() => window.location.reload()}>Reload the page</Button>}
      >
        Nothing that was saved is lost. If it happens again after a reload, the log of the app and the
        browser’s console have the details.
      </EmptyState>
    );
  }
}
