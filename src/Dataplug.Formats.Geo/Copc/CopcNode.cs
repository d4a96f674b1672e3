namespace Dataplug.Formats.Geo;

/// <summary>A node of the octree that has points (COPC 1.0, "Entry").</summary>
/// <param name="Level">Its level; the root's is 0.</param>
/// <param name="X">Its place among the cubes of its level along x, from 0.</param>
/// <param name="Y">Its place along y.</param>
/// <param name="Z">Its place along z.</param>
/// <param name="Offset">Where its chunk begins in the object, in bytes.</param>
/// <param name="Length">Its chunk's bytes.</param>
/// <param name="Points">Its points, those of deeper nodes not counted.</param>
public readonly record struct CopcNode(int Level, int X, int Y, int Z, long Offset, int Length, int Points);
