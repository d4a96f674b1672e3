namespace Dataplug.Cli.Mapping;

/// <summary>The memory that all spools of a run may take together.</summary>
internal sealed class SpoolMemory(long limit)
{
    private long _used;

    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= limit)
            return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    public void GiveBack(int bytes) => Interlocked.Add(ref _used, -bytes);
}
