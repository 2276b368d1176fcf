import { noticeSignedOut } from './session.ts';
import { problemOf } from './problem.ts';

/** Reads a resource as CSV and gives it to the browser as a file. @throws {ApiProblem} */
export async function downloadCsv(path: string, name: string): Promise<void> {
  const response = await fetch(path, { headers: { accept: 'text/csv' } });
  if (!response.ok) {
    if (response.status === 401) noticeSignedOut();
    throw await problemOf(response);
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  // Some browsers read it only after this task.
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 60_000);
}
