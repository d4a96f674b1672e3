namespace Dataplug.Lithops.Tests;

/// <summary>Turns a hang into a failure. Nothing waits this long when things work.</summary>
internal static class Soon
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public static Task InTime(this Task task) => task.WaitAsync(Limit);

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task<T> InTime<T>(this Future<T> future) => future.GetResultAsync().WaitAsync(Limit);

    public static Task<IReadOnlyList<T>> InTime<T>(this FutureList<T> futures) => futures.GetResultAsync().WaitAsync(Limit);

    public static Task InTime(this ValueTask task) => task.AsTask().WaitAsync(Limit);

    /// <summary>Waits for a state that has no event to wait for.</summary>
    public static async Task Until(Func<bool> condition)
    {
        var deadline = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > deadline)
                throw new TimeoutException("It did not come to this.");
            await Task.Delay(1);
        }
    }
}
