/**
 * The role of a session (`arn:aws:sts::<account>:assumed-role/<role>/<session>`), whose name anybody who has the role may choose;
 * any other caller as it is.
 */
export function roleOf(caller: string): string {
  const [kind = '', role] = caller.split('/')
  return kind.endsWith(':assumed-role') ? `${kind}/${role}` : caller
}
