import math
from fractions import Fraction
def solve(A,b):
    n=len(b)
    A=[[Fraction(x) for x in r]+[Fraction(y)] for r,y in zip(A,b)]
    for i in range(n):
        p=max(range(i,n),key=lambda r:abs(A[r][i])); A[i],A[p]=A[p],A[i]
        for r in range(n):
            if r!=i:
                f=A[r][i]/A[i][i]
                A[r]=[x-f*y for x,y in zip(A[r],A[i])]
    return [float(A[i][n]/A[i][i]) for i in range(n)]
def fit(f,lo,hi,deg,w,name,iters=12):
    # Remez exchange on weighted error w(x)*(p-f)
    n=deg+2
    xs=[(lo+hi)/2-(hi-lo)/2*math.cos(math.pi*i/(n-1)) for i in range(n)]
    for it in range(iters):
        A=[[x**j for j in range(deg+1)]+[(-1)**i/w(x)] for i,x in enumerate(xs)]
        c=solve(A,[f(x) for x in xs]); E=c[-1]; c=c[:-1]
        N=4000
        g=[lo+(hi-lo)*i/N for i in range(N+1)]
        e=[w(x)*(sum(cc*x**j for j,cc in enumerate(c))-f(x)) for x in g]
        # local extrema alternating
        ext=[]
        for i,x in enumerate(g):
            if (i==0 or abs(e[i])>=abs(e[i-1]) or e[i]*e[i-1]<0) and (i==N or abs(e[i])>=abs(e[i+1]) or e[i]*e[i+1]<0):
                if ext and ext[-1][1]*e[i]>0:
                    if abs(e[i])>abs(ext[-1][1]): ext[-1]=(x,e[i])
                else: ext.append((x,e[i]))
        while len(ext)>n:
            if abs(ext[0][1])<abs(ext[-1][1]): ext.pop(0)
            else: ext.pop()
        if len(ext)<n: break
        xs=[x for x,_ in ext]
    print(name,'maxerr',max(map(abs,e)))
    for cc in c: print('   %.9ef,'%cc)
def series(f,d): pass
# exp: (e^r-1-r)/r^2 weighted r^2
def fe(r):
    if abs(r)<1e-2: return sum(r**k/math.factorial(k+2) for k in range(8))
    return (math.expm1(r)-r)/r/r
fit(fe,-0.3475,0.3475,4,lambda r:max(r*r,1e-4),'exp')
def ft(z):
    x=math.sqrt(z)
    if z<1e-3: return -1/3+2*z/15-17*z*z/315+62*z**3/2835
    return (math.tanh(x)/x-1)/z
fit(ft,0,0.4,5,lambda z:max(z,0.01),'tanh')
def ferf(z):
    x=math.sqrt(z)
    if z<1e-4: return 2/math.sqrt(math.pi)*(1-z/3+z*z/10)-1
    return math.erf(x)/x-1
fit(ferf,0,1.0,6,lambda z:1,'erf small')
fit(lambda x:-math.log(math.erfc(x+2.4))/1.0,-1.45,1.6,8,lambda x:math.erfc(x+2.4),'erf big t=x-2.4')
def fl(f):
    if abs(f)<2e-2: return sum((-1)**k*f**k/(k+3) for k in range(12))
    return (math.log1p(f)-f+f*f/2)/f**3
fit(fl,-0.2930,0.4143,7,lambda f:max(f*f,1e-3),'log')
