using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json.Serialization;
using Dataplug.Lithops.Functions;
using Dataplug.Partitioning;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Lithops.Tests.Functions;

public sealed class ShippableTypeTests
{
    public static TheoryData<Type> Plain => new(
        typeof(int), typeof(string), typeof(decimal), typeof(DateTimeOffset), typeof(Guid), typeof(Uri), typeof(DayOfWeek), typeof(int?), typeof(Int128),
        typeof(int[]), typeof(List<string>), typeof(IReadOnlyList<double>), typeof(Dictionary<string, int[]>), typeof(HashSet<int>), typeof(ImmutableArray<int>),
        typeof((int, string)), typeof(Tuple<int, string>), typeof(KeyValuePair<string, int>), typeof(Vector3), typeof(ObjectUri), typeof(RawTextSlice),
        typeof(Point), typeof(Immutable), typeof(Tree), typeof(WithIgnored), typeof(Fields), typeof(byte[]));

    public static TheoryData<Type, string> Refused => new()
    {
        { typeof(object), "object" },
        { typeof(List<object>), "object" },
        { typeof(Func<int>), "code" },
        { typeof(Holder<Action>), "code" },
        { typeof(IComparable), "interface" },
        { typeof(Slice), "format" },
        { typeof(FunctionExecutor), "constructor" },
        { typeof(CancellationToken), "no data" },
        { typeof(TaskCompletionSource), "no data" },
        { typeof(HttpClient), "no data" },
        { typeof(Random), "no data" },
        { typeof(Type), "no data" },
        { typeof(IntPtr), "no data" },
        { typeof(Stack<int>), "reverse" },
        { typeof(IAsyncEnumerable<int>), "once" },
        { typeof(Hidden), "'_secret'" },
        { typeof(GetOnly), "'Value'" },
        { typeof(List<Hidden>), "'_secret'" },
        { typeof(Shape), "polymorphic" },
    };

    [Theory]
    [MemberData(nameof(Plain))]
    public void Plain_data_travels(Type type) => Assert.Null(ShippableType.ProblemOf(type, ShippedFunction.DefaultSerializerOptions));

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_would_not_arrive_as_it_was_is_refused_and_told(Type type, string reason) =>
        Assert.Contains(reason, ShippableType.ProblemOf(type, ShippedFunction.DefaultSerializerOptions), StringComparison.Ordinal);

    internal sealed record Immutable(int A, string B);

    internal record struct Point(int X, int Y);

    internal sealed record Tree(string Name, IReadOnlyList<Tree> Children);

    internal sealed record Holder<T>(T Value);

    internal sealed class Fields
    {
        public int A = 1;
    }

    internal sealed class WithIgnored
    {
        public int A { get; set; }

        [JsonIgnore]
        public Action? Ignored { get; set; }
    }

    internal sealed class Hidden
    {
        private int _secret;

        public int Next() => ++_secret;
    }

    internal sealed class GetOnly
    {
        public int Value { get; } = Random.Shared.Next();
    }

    [JsonDerivedType(typeof(Circle), "circle")]
    internal class Shape
    {
        public int A { get; set; }
    }

    internal sealed class Circle : Shape;
}
