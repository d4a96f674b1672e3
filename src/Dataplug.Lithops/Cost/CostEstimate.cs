using System.Globalization;

namespace Dataplug.Lithops;

/// <summary>What a job costs, about: memory, processors and invocations; neither storage nor network.</summary>
/// <param name="Model">The prices.</param>
/// <param name="Invocations">How many attempts began.</param>
/// <param name="BilledTime">Their billed times together.</param>
/// <param name="Memory">What memory costs.</param>
/// <param name="Processors">What processors cost.</param>
/// <param name="Requests">What the invocations cost.</param>
public sealed record CostEstimate(PriceModel Model, int Invocations, TimeSpan BilledTime, decimal Memory, decimal Processors, decimal Requests)
{
    /// <summary>All of it, in the model's currency.</summary>
    public decimal Total => Memory + Processors + Requests;

    /// <summary>As in <c>0.0123 USD (AWS Lambda, x86_64, us-east-1)</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Total:0.####} {Model.Currency}").TrimEnd() + $" ({Model.Name})";
}
