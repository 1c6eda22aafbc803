export function Restore() { return null; }
