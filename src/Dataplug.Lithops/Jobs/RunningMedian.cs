namespace Dataplug.Lithops.Jobs;

/// <summary>The median of numbers that come one by one; each costs the logarithm of how many there are.</summary>
internal sealed class RunningMedian
{
    // The lower half, its largest first, has as many as the upper half, or one more.
    private readonly PriorityQueue<long, long> _lower = new(Comparer<long>.Create((left, right) => right.CompareTo(left)));
    private readonly PriorityQueue<long, long> _upper = new();

    public int Count => _lower.Count + _upper.Count;

    /// <summary>The median; the lower of the two middle ones for an even number.</summary>
    /// <exception cref="InvalidOperationException">There is none yet.</exception>
    public long Value => _lower.Peek();

    public void Add(long number)
    {
        if (_lower.Count == _upper.Count)
        {
            var least = _upper.EnqueueDequeue(number, number);
            _lower.Enqueue(least, least);
        }
        else
        {
            var most = _lower.EnqueueDequeue(number, number);
            _upper.Enqueue(most, most);
        }
    }
}
