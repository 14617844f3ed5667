import {
  ActionIcon,
  Badge,
  Button,
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  Menu,
  Modal,
  Notification,
  NumberInput,
  SegmentedControl,
  Select,
  Switch,
  Table,
  TextInput,
  Textarea,
  Tooltip,
} from '@mantine/core';

/** The one accent: calm, dark enough for white text on 6 and above, light enough for dark grounds at 4. */
const accent: MantineColorsTuple = [
  '#eef3fd',
  '#dbe5f9',
  '#b6caf2',
  '#8dacea',
  '#6b92e4',
  '#4f7bd8',
  '#3563c4',
  '#2c54a9',
  '#25478f',
  '#1c376f',
];

const gray: MantineColorsTuple = [
  '#f7f8f9',
  '#eff0f2',
  '#e3e5e8',
  '#d4d7db',
  '#b7bcc2',
  '#8f959d',
  '#686e76',
  '#4b5057',
  '#2f3338',
  '#1b1e22',
];

/** 0 is text, 7 the ground of the page, 6 a raised surface, 4 a border. */
const dark: MantineColorsTuple = [
  '#d3d6da',
  '#b4b8be',
  '#9aa0a8',
  '#6d737b',
  '#3a3e44',
  '#2f3338',
  '#23262a',
  '#191b1e',
  '#131517',
  '#0d0e10',
];

/** For what deletes. White text reads on 6. */
const red: MantineColorsTuple = [
  '#fdecea',
  '#fad6d3',
  '#f3aca6',
  '#ed7f77',
  '#e75a50',
  '#dc4439',
  '#c8372d',
  '#a92c23',
  '#8c251e',
  '#6b1c17',
];

const monospace = 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace';

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 6 },
  autoContrast: true,
  colors: { accent, gray, dark, red },
  black: '#1b1e22',
  fontFamily:
    '-apple-system, "Segoe UI", Ubuntu, Cantarell, Roboto, "Noto Sans", "Liberation Sans", system-ui, sans-serif',
  fontFamilyMonospace: monospace,
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.45', lg: '1.5', xl: '1.5' },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.125rem', lineHeight: '1.4' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: 'xs', fw: 500 } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray', size: 'md' } }),
    Badge: Badge.extend({
      defaultProps: { variant: 'light', size: 'sm', radius: 'sm', tt: 'none', fw: 500 },
    }),
    TextInput: TextInput.extend({ defaultProps: { size: 'xs' } }),
    Textarea: Textarea.extend({ defaultProps: { size: 'xs' } }),
    NumberInput: NumberInput.extend({ defaultProps: { size: 'xs' } }),
    Select: Select.extend({
      defaultProps: { size: 'xs', checkIconPosition: 'right', comboboxProps: { shadow: 'md' } },
    }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: 'xs' } }),
    Switch: Switch.extend({ defaultProps: { size: 'sm' } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 6, fz: 'sm' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, withArrow: false, fz: 'xs', zIndex: 400 } }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', withInitialFocusPlaceholder: false } }),
    Notification: Notification.extend({
      defaultProps: { closeButtonProps: { 'aria-label': 'Close' } },
    }),
    Modal: Modal.extend({
      defaultProps: {
        radius: 'md',
        centered: false,
        yOffset: '8vh',
        closeButtonProps: { 'aria-label': 'Close' },
        overlayProps: { backgroundOpacity: 0.45 },
      },
    }),
  },
});

/**
 * Our own names for the surfaces, so that no stylesheet asks which scheme it is in. Text pairs reach a contrast of
 * 4.5 in both schemes.
 */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--surface-page': '#f4f5f6',
    '--surface-panel': '#ffffff',
    '--surface-raised': '#ffffff',
    '--surface-sunken': '#eceef0',
    '--surface-image': '#eceef0',
    '--surface-hover': '#f0f2f4',
    '--surface-selected': '#e6edfb',
    '--line': '#dfe2e5',
    '--line-strong': '#b7bcc2',
    '--text': '#1b1e22',
    '--text-quiet': '#565c64',
    '--accent': '#3563c4',
    '--accent-text': '#2c54a9',
    '--focus': '#3563c4',
    '--good': '#1c7a45',
    '--good-ground': '#e2f3e9',
    '--bad': '#b3261e',
    '--bad-ground': '#fbe8e6',
    '--warn': '#8a5a00',
    '--warn-ground': '#fdf1d8',
    '--stage-zoom': '#c2410c',
    '--stage-look-back': '#7028c4',
    '--mantine-color-body': '#ffffff',
    '--mantine-color-dimmed': '#565c64',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-placeholder': '#70767e',
  },
  dark: {
    '--surface-page': '#131517',
    '--surface-panel': '#191b1e',
    '--surface-raised': '#23262a',
    '--surface-sunken': '#0f1113',
    '--surface-image': '#23262a',
    '--surface-hover': '#212428',
    '--surface-selected': '#22304b',
    '--line': '#2e3237',
    '--line-strong': '#4b5057',
    '--text': '#e1e4e7',
    '--text-quiet': '#a3a9b1',
    '--accent': '#6b92e4',
    '--accent-text': '#8dacea',
    '--focus': '#8dacea',
    '--good': '#63c78e',
    '--good-ground': '#17301f',
    '--bad': '#f28b82',
    '--bad-ground': '#3c1f1d',
    '--warn': '#e5b567',
    '--warn-ground': '#352a14',
    '--stage-zoom': '#ff9d4d',
    '--stage-look-back': '#c79bff',
    '--mantine-color-body': '#191b1e',
    '--mantine-color-text': '#e1e4e7',
    '--mantine-color-dimmed': '#a3a9b1',
    '--mantine-color-error': '#f28b82',
    '--mantine-color-placeholder': '#868d96',
  },
});
