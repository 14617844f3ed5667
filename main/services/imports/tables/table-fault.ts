/** What is wrong with a table as a whole, in a sentence for a person. It ends its opening, not the process. */
export class TableFault extends Error {
  override readonly name = 'TableFault';
}
