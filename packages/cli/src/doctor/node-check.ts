/** The Node that runs this, against the oldest one that is supported. */
export interface NodeCheck {
  readonly version: string;
  readonly needs: string;
  readonly supported: boolean;
}

const oldest = [20, 19] as const;

/** @param version - as in `process.versions.node` */
export function checkNode(version: string): NodeCheck {
  const [major, minor] = version.split('.').map(Number);
  const supported = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  return { version, needs: `>= ${oldest.join('.')}`, supported };
}
