using System.Linq.Expressions;
using System.Reflection;
using Dataplug.Lithops.Functions;

namespace Dataplug.Lithops.Tests.Functions;

public sealed class FunctionReferenceTests
{
    private readonly int _field = 5;

    public static TheoryData<Delegate, string> Shippable => new()
    {
        { (Func<int, int>)Double, "Double" },
        { (Func<string, int>)Double, "Double" },
        { (Func<int, int>)Generic<int>, "Generic" },
        { (Func<int, int>)Nested<int>.Method, "Method" },
        { (int x) => x + 1, "lambda in get_Shippable" },
        { static (int x) => x + 1, "lambda in get_Shippable" },
        { async (int x) => { await Task.Yield(); return x; }, "lambda in get_Shippable" },
        { (Func<int, int>)Local, "Local" },
    };

    [Theory]
    [MemberData(nameof(Shippable), DisableDiscoveryEnumeration = true)]
    public void A_stateless_function_is_found_again_from_its_json(Delegate function, string name)
    {
        var reference = FunctionReference.From(function);
        var read = FunctionReference.FromJson(reference.ToJson());

        Assert.Equal(reference, read);
        Assert.Equal(reference.GetHashCode(), read.GetHashCode());
        Assert.Equal(name, read.DisplayName);
        var found = read.Resolve();
        Assert.Equal(function.Method, found.Method);
        Assert.Equal(function.GetType(), found.GetType());
        Assert.Equal(function is Func<string, int> ? 6 : function.DynamicInvoke(3)?.ToString(), function is Func<string, int> ? found.DynamicInvoke("xyz") : found.DynamicInvoke(3)?.ToString());
    }

    [Fact]
    public void Whatever_else_holds_state_is_refused()
    {
        Func<int, int> instance = InstanceMethod;
        Func<string> bound = "abc".Same;
        Func<int, int> several = Double;
        several += Double;
        Expression<Func<int, int>> expression = x => x + 1;

        Assert.Contains("instance", Assert.Throws<FunctionNotShippableException>(() => FunctionReference.From(instance)).Message, StringComparison.Ordinal);
        Assert.Contains("first argument", Assert.Throws<FunctionNotShippableException>(() => FunctionReference.From(bound)).Message, StringComparison.Ordinal);
        Assert.Contains("several", Assert.Throws<FunctionNotShippableException>(() => FunctionReference.From(several)).Message, StringComparison.Ordinal);
        Assert.Contains("run time", Assert.Throws<FunctionNotShippableException>(() => FunctionReference.From(expression.Compile())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_that_uses_this_is_refused()
    {
        Func<int, int> function = x => x + _field;

        Assert.Throws<FunctionNotShippableException>(() => FunctionReference.From(function));
    }

    [Fact]
    public void A_reference_to_what_is_not_here_is_refused()
    {
        var reference = FunctionReference.From((Func<int, int>)Double);

        Assert.Throws<FunctionNotFoundException>(() => (reference with { Assembly = "No.Such.Assembly" }).Resolve());
        Assert.Contains("build", Assert.Throws<FunctionNotFoundException>(() => (reference with { ModuleVersionId = Guid.Empty }).Resolve()).Message, StringComparison.Ordinal);
        Assert.Throws<FunctionNotFoundException>(() => (reference with { DeclaringType = "No.Such.Type" }).Resolve());
        Assert.Throws<FunctionNotFoundException>(() => (reference with { Method = "Triple" }).Resolve());
        Assert.Throws<FunctionNotFoundException>(() => (reference with { Signature = "Int32 Double(Int64)" }).Resolve());
        Assert.Throws<FunctionNotFoundException>(() => (reference with { GenericArguments = [typeof(int).AssemblyQualifiedName!] }).Resolve());
        Assert.Throws<FunctionNotFoundException>(() => (reference with { DelegateType = typeof(string).AssemblyQualifiedName! }).Resolve());
        Assert.Throws<FunctionNotFoundException>(() => (reference with { DelegateType = typeof(Func<string, string>).AssemblyQualifiedName! }).Resolve());
        Assert.Throws<FunctionNotFoundException>(() => FunctionReference.FromJson("{}"u8));
        Assert.Throws<FunctionNotFoundException>(() => FunctionReference.FromJson("null"u8));
        Assert.Throws<FunctionNotFoundException>(() => FunctionReference.FromJson("not json"u8));
    }

    [Fact]
    public void A_forged_reference_to_an_instance_method_instantiates_nothing()
    {
        var method = typeof(Bomb).GetMethod(nameof(Bomb.Explode))!;
        var forged = FunctionReference.From((Func<int, int>)Double) with
        {
            DeclaringType = typeof(Bomb).FullName!,
            Method = method.Name,
            Signature = method.ToString()!,
        };

        Assert.Throws<FunctionNotFoundException>(() => forged.Resolve());
        Assert.False(Bomb.Built);
    }

    [Fact]
    public void Assemblies_are_found_as_the_caller_says()
    {
        var asked = new List<string>();
        var reference = FunctionReference.From((Func<int, int>)Double);

        reference.Resolve(name =>
        {
            asked.Add(name.Name!);
            return Assembly.Load(name);
        });

        Assert.Contains("Dataplug.Lithops.Tests", asked);
    }

    private static int Double(int value) => value * 2;

    private static int Double(string value) => value.Length * 2;

    private static T Generic<T>(T value) => value;

    private static int Local(int value)
    {
        return Inner(value);

        static int Inner(int x) => x + 2;
    }

    private int InstanceMethod(int value) => value + _field;

    private static class Nested<T>
    {
        public static T Method(T value) => value;
    }

    private sealed class Bomb
    {
        public Bomb() => Built = true;

        public static bool Built { get; private set; }

        public int Explode(int value) => value;
    }
}

internal static class BoundArguments
{
    public static string Same(this string value) => value;
}
