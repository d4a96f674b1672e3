using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace Dataplug.Fuzz;

/// <summary>
/// A number of executions of all targets in turn, of inputs that a seed determines. Inputs with an outcome that was not seen before
/// (its class and the magnitude of its length) join the pool that mutations start from.
/// </summary>
internal sealed class Campaign
{
    private const int MaxPool = 1500;

    private readonly Mutator _mutator;
    private readonly IReadOnlyList<IFuzzTarget> _targets;
    private readonly SortedDictionary<string, SortedDictionary<string, long>> _outcomes = new(StringComparer.Ordinal);
    private readonly HashSet<(string Target, string Outcome, int Length, int Start)> _seen = [];
    private readonly List<Finding> _findings = [];

    /// <summary>Creates a campaign over a corpus.</summary>
    /// <param name="seed">Determines every input.</param>
    /// <param name="targets">What to run, by name; empty for all.</param>
    /// <param name="corpus">The corpus' folder.</param>
    public Campaign(int seed, IReadOnlyCollection<string> targets, string corpus)
    {
        _mutator = new Mutator(new Random(seed));
        _targets = FuzzTargets.Create(targets);
        foreach (var kind in Enum.GetValues<InputKind>())
            _mutator.Pool(kind).AddRange(Corpus.Files(corpus, kind).Select(File.ReadAllBytes));
    }

    /// <summary>An input on which a target did what it must not.</summary>
    internal sealed record Finding(string Target, byte[] Input, string Problem);

    public IReadOnlyList<Finding> Findings => _findings;

    public long Executions { get; private set; }

    /// <summary>How often each target had each outcome.</summary>
    public IReadOnlyDictionary<string, SortedDictionary<string, long>> Outcomes => _outcomes;

    /// <summary>Runs the corpus itself, then mutations of it.</summary>
    /// <param name="executions">How many in all.</param>
    /// <param name="maxFindings">Gives up after so many findings.</param>
    /// <param name="current">Where to note what is being run; or null.</param>
    /// <param name="tick">Called now and then.</param>
    public void Run(long executions, int maxFindings, CurrentInput? current = null, Action? tick = null)
    {
        foreach (var target in _targets)
        {
            foreach (var input in _mutator.Pool(target.Kind).ToArray())
                Execute(target, input, current);
        }
        var sinceTick = Stopwatch.StartNew();
        while (Executions < executions && _findings.Count < maxFindings)
        {
            var target = _targets[(int)(Executions % _targets.Count)];
            Execute(target, _mutator.Next(target.Kind), current);
            if (sinceTick.ElapsedMilliseconds > 10_000)
            {
                tick?.Invoke();
                sinceTick.Restart();
            }
        }
    }

    /// <summary>The outcomes as lines of text.</summary>
    public IEnumerable<string> Report()
    {
        foreach (var (target, outcomes) in _outcomes)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{target}: {outcomes.Values.Sum():N0} executions");
            foreach (var (outcome, count) in outcomes.OrderByDescending(pair => pair.Value))
                yield return string.Create(CultureInfo.InvariantCulture, $"  {count,10:N0}  {outcome}");
        }
    }

    private void Execute(IFuzzTarget target, byte[] input, CurrentInput? current)
    {
        current?.Begin(target.Name, input);
        Executions++;
        string outcome;
        try
        {
            outcome = FuzzTargets.Execute(target, input);
        }
        catch (FuzzFinding finding)
        {
            _findings.Add(new Finding(target.Name, input, finding.InnerException is { } inner ? $"{finding.Message}\n{inner}" : finding.Message));
            outcome = "FINDING";
        }
        if (!_outcomes.TryGetValue(target.Name, out var outcomes))
            _outcomes[target.Name] = outcomes = new(StringComparer.Ordinal);
        outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        var pool = _mutator.Pool(target.Kind);
        if (_seen.Add((target.Name, outcome, BitOperations.Log2((uint)input.Length), input.Length > 11 ? input[10] & 7 : 0)) && pool.Count < MaxPool)
            pool.Add(input);
    }
}
