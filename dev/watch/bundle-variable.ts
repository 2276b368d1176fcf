/** The environment variable with the path of the workflow bundle, for the processes of `npm run dev`. */
export const BUNDLE_VARIABLE = 'DEV_WORKFLOW_BUNDLE';
