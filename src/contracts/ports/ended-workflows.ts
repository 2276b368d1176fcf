/** A workflow of orders that has closed before its work was done. */
export interface EndedWorkflow {
  workflowId: string;
  runId: string;
  /** The name of its type. */
  type: string;
  /** Several where it is a group. */
  orderIds: string[];
}
