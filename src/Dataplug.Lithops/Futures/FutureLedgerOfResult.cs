namespace Dataplug.Lithops.Futures;

/// <summary>The book of a job whose tasks have results of one type.</summary>
internal sealed class FutureLedger<TResult>(string jobId, string jobName, IJobControl control, TimeProvider time, int? knownCount, bool retain)
    : FutureLedger(jobId, jobName, control, time, knownCount, retain)
{
    protected override Future Create(int index) => new Future<TResult>(this, index);
}
