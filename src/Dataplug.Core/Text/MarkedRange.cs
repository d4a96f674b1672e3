namespace Dataplug.Text;

/// <summary>
/// A range of bytes that starts and ends at marks, and the records in it that are meant.
/// </summary>
/// <param name="Offset">First byte, from the start of the object.</param>
/// <param name="Length">Number of bytes.</param>
/// <param name="First">Number of the first record that is meant, counted over the whole object from 0.</param>
/// <param name="Records">Number of records that are meant.</param>
/// <param name="Skip">Records at the start of the range that are not meant.</param>
/// <param name="Surplus">Records at the end of the range that are not meant.</param>
internal readonly record struct MarkedRange(long Offset, long Length, long First, long Records, long Skip, long Surplus);
