/**
 * The order of a workflow, by its id: `order/<orderId>`, and what comes after it for an operation on the order. Of a group
 * its own token: `group/<token>`.
 */
export const workflowOrder = (workflowId: string | undefined): string | undefined =>
  workflowId?.split('/')[1];
